import '@fontsource-variable/ibm-plex-sans/wght.css';
import './styles/index.css';
import { BASE_PATH } from './api/base-path';
import { createQueryClient } from './api/query-client';
import { requestFirstData } from './api/first-data';

// Small, so that it runs while the browser still loads the pages' script.
const queryClient = createQueryClient();
void requestFirstData(queryClient, window.location.pathname.slice(BASE_PATH.length));
void import('./layout/show-app').then(({ showApp }) => showApp(queryClient));
