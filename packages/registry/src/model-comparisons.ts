import {
  type ComparisonsDocument,
  type ModelComparison,
  type ModelPin,
  ObjectKeys,
  VersionedDocument,
  comparisonsShape,
} from '@cytoqueue/records';
import { ObjectCorruptError, ObjectUnreadableError, type ObjectStore } from '@cytoqueue/storage';
import { readShippedComparisons } from './model-artifacts';
import { ComparisonMissingError, LowerSensitivityError } from './model-errors';

/** Risks that the caller of a promotion accepts. */
export interface AcceptedRisks {
  lowerSensitivity?: boolean;
  unknown?: boolean;
}

/**
 * Comparisons of model versions: those that ship beside a version, and those that `npm run models` has stored. A
 * comparison names both versions by their digests, so it says nothing of another file under the same name.
 */
export class ModelComparisons {
  /** @param prefix stands before the names of the models, `own/` or nothing; names in pins are without it */
  constructor(
    private readonly store: ObjectStore,
    private readonly prefix: string,
  ) {}

  /** A damaged document counts as none: the version is then unknown, never better. */
  async read(pin: ModelPin): Promise<ModelComparison[]> {
    const [shipped, stored] = await Promise.all([readShippedComparisons(pin), this.readStored(pin)]);
    return merge(shipped, stored);
  }

  /** Adds comparisons; newer ones replace those with the same version on the same records. Durable when resolved. */
  async add(pin: ModelPin, added: readonly ModelComparison[]): Promise<void> {
    const document = this.documentOf(pin);
    try {
      await document.update((before) => ({
        digest: pin.digest,
        comparisons: merge(before?.digest === pin.digest ? before.comparisons : [], added),
      }));
    } catch (error) {
      if (!(error instanceof ObjectCorruptError)) throw error;
      await document.replace({ digest: pin.digest, comparisons: [...added] });
    }
  }

  /** @throws LowerSensitivityError, ComparisonMissingError */
  async assertNotWorse(pin: ModelPin, champion: ModelPin | undefined, accepted: AcceptedRisks): Promise<void> {
    const refOf = ({ name, version }: ModelPin) => `${this.prefix}${name}@${version}`;
    const ref = refOf(pin);
    const all = champion === undefined ? [] : await this.read(pin);
    const compared = all.filter(({ digest }) => digest === champion?.digest);
    if (compared.length === 0 && accepted.unknown !== true) {
      const other = champion === undefined ? 'the champion, which cannot be read' : `the champion ${refOf(champion)}`;
      // The command compares shared models only.
      const remedy =
        this.prefix === '' ? `compare them (npm run models -- compare ${pin.name} ${pin.version}), or accept that` : 'accept that to promote it'; // prettier-ignore
      throw new ComparisonMissingError(`nothing says how ${ref} compares with ${other}: ${remedy}`);
    }
    const worse = compared.find(({ sensitivity }) => sensitivity.difference.high < 0);
    if (worse !== undefined && accepted.lowerSensitivity !== true) throw new LowerSensitivityError(ref, worse);
  }

  private async readStored(pin: ModelPin): Promise<ModelComparison[]> {
    try {
      const { value } = await this.documentOf(pin).read();
      return value?.digest === pin.digest ? value.comparisons : [];
    } catch (error) {
      if (error instanceof ObjectCorruptError || error instanceof ObjectUnreadableError) return [];
      throw error;
    }
  }

  private documentOf({ name, version }: ModelPin): VersionedDocument<ComparisonsDocument> {
    return new VersionedDocument(this.store, ObjectKeys.comparisonsFolder(name, version), comparisonsShape);
  }
}

function merge(before: readonly ModelComparison[], added: readonly ModelComparison[]): ModelComparison[] {
  const key = ({ digest, records_of: source }: ModelComparison) => `${digest} ${source}`;
  return [...new Map([...before, ...added].map((comparison) => [key(comparison), comparison])).values()];
}
