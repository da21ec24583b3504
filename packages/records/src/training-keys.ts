import { checkName, sortableNumber, tenantPrefix } from './key-parts';

/**
 * Object keys of the trainings of own models:
 *
 *     tenants/{tenant}/trainings/{id}/input            the uploaded file, unchanged
 *                                     canonical.csv    rows of an upload that is not a plain file; only while it is imported
 *                                     rows             the labelled rows, see encodeTrainingRows
 *                                     training.json    the accepted training
 *                                     folds/00001.json the answers of one fold
 *                                     version.json     the version number that the model gets
 *                                     result.json      the final state, written once
 */
export class TrainingKeys {
  static tenantFolder(tenant: string): string {
    return `${tenantPrefix(tenant)}trainings/`;
  }

  static folder(tenant: string, id: string): string {
    return `${TrainingKeys.tenantFolder(tenant)}${checkName(id, 'id')}/`;
  }

  static input(tenant: string, id: string): string {
    return `${TrainingKeys.folder(tenant, id)}input`;
  }

  static canonical(tenant: string, id: string): string {
    return `${TrainingKeys.folder(tenant, id)}canonical.csv`;
  }

  static rows(tenant: string, id: string): string {
    return `${TrainingKeys.folder(tenant, id)}rows`;
  }

  static document(tenant: string, id: string): string {
    return `${TrainingKeys.folder(tenant, id)}training.json`;
  }

  static foldsFolder(tenant: string, id: string): string {
    return `${TrainingKeys.folder(tenant, id)}folds/`;
  }

  /** @param number 1-based, counted over all repetitions */
  static fold(tenant: string, id: string, number: number): string {
    return `${TrainingKeys.foldsFolder(tenant, id)}${sortableNumber(number, 1, 'fold')}.json`;
  }

  static version(tenant: string, id: string): string {
    return `${TrainingKeys.folder(tenant, id)}version.json`;
  }

  static result(tenant: string, id: string): string {
    return `${TrainingKeys.folder(tenant, id)}result.json`;
  }
}
