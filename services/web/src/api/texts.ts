export const TEXTS = {
  noResponse: 'The service is not responding.',
  status: (status: number) => `The service answered with status ${status}.`,
  pageFailed: 'This page failed. Reload it; if that does not help, contact the service’s operator.',
};
