import { createDecimalKernel } from './decimal-kernel';
import { createIntegerKernel } from './integer-kernel';
import { MAX_GRADE } from './integer-tables';
import { type Kernel, type KernelModel, NoKernel } from './kernel';

/** The fastest kernel for a model, or one that leaves all samples to the reference. */
export function createKernel(model: KernelModel): Kernel {
  const isInteger = model.file.scaling === null && model.training.samples.every(isGrade);
  const kernel = isInteger ? createIntegerKernel(model) : createDecimalKernel(model);
  return typeof kernel === 'string' ? new NoKernel(kernel) : kernel;
}

function isGrade(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_GRADE;
}
