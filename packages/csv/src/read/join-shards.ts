import { joinedChecksum } from './joined-checksum';
import type { Shard } from './shard-splitter';

/** One shard of two neighbours. */
export function joinShards(first: Shard, second: Shard): Shard {
  return {
    offset: first.offset,
    length: second.offset + second.length - first.offset,
    firstRow: first.firstRow,
    rows: first.rows + second.rows,
    firstLine: first.firstLine,
    crc32: joinedShardChecksum(first, second),
  };
}

function joinedShardChecksum(first: Shard, second: Shard): number | undefined {
  if (first.crc32 === undefined || second.crc32 === undefined || first.offset + first.length !== second.offset)
    return undefined;
  return joinedChecksum(first.crc32, second.crc32, second.length);
}
