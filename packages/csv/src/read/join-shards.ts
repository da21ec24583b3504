import { joinedChecksum } from './joined-checksum';

/** A byte range of the input file that holds whole rows. */
export interface Shard {
  offset: number;
  length: number;
  /** 1-based. */
  firstRow: number;
  rows: number;
  /** 1-based physical line of the file in which the shard begins. Absent in documents of earlier releases. */
  firstLine?: number;
  /** CRC-32 of the shard's bytes. Absent where shards were merged across empty lines, which belong to none of them. */
  crc32?: number;
}

/** Joins two neighbouring shards into one. */
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
