import '@fontsource-variable/ibm-plex-sans/wght.css';
import './styles/index.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './layout/app';
import { applyTheme, readTheme } from './layout/theme';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
applyTheme(readTheme());
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
