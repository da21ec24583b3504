export { stopSharedServers as default } from './global-setup';
