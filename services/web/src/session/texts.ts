export const TEXTS = {
  title: 'Sign in',
  lead: 'Enter the access key of your laboratory. It starts a session of twelve hours in this browser and is not stored.',
  hasEnded:
    'Your session has ended. Sign in again to go on; a record that you were entering is kept for your laboratory.',
  key: 'Access key',
  ownMachine:
    'Running on your own machine? The link that npm start printed signs you in; it works once, for ten minutes.',
  forResearch: 'For research. Not a medical device.',
  linkUsed: 'This link was already used or is older than ten minutes. Sign in with your key instead.',
  keyUnknown: 'Key not recognised. It may have expired; check that it was copied completely.',
};
