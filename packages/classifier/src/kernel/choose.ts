import { createFloatKernel } from './float';
import { createIntegerKernel } from './integer';
import { type Kernel, type KernelModel, NoKernel } from './kernel';
import { HIGHEST_GRADE } from './pairtables';

/** The fastest kernel there is for a model, or one that leaves all to the reference. */
export function createKernel(model: KernelModel): Kernel {
  const isOfGrades = model.file.scaling === null && model.training.samples.every(isGrade);
  const chosen = isOfGrades ? createIntegerKernel(model) : createFloatKernel(model);
  return typeof chosen === 'string' ? new NoKernel(chosen) : chosen;
}

function isGrade(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= HIGHEST_GRADE;
}
