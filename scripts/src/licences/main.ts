import { printLicences } from './print-licences';

printLicences();
