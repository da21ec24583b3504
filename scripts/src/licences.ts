import { printLicences } from './licences/print-licences';

printLicences();
