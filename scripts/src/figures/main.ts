import { writeReadmeTables } from './readme-table';

writeReadmeTables();
