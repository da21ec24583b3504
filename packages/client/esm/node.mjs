export { downloadResults, submitFile } from '../dist/node.js';
