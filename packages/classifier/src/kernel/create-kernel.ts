import { createDecimalKernel } from './decimal-kernel';
import { createIntegerKernel } from './integer-kernel';
import { type Kernel, type KernelModel, NoKernel } from './kernel';
import { MAX_GRADE } from './pair-tables';

/** The fastest kernel there is for a model, or one that leaves all to the reference. */
export function createKernel(model: KernelModel): Kernel {
  const hasGrades = model.file.scaling === null && model.training.samples.every(isGrade);
  const kernel = hasGrades ? createIntegerKernel(model) : createDecimalKernel(model);
  return typeof kernel === 'string' ? new NoKernel(kernel) : kernel;
}

function isGrade(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_GRADE;
}
