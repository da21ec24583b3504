import { useEffect, useState } from 'react';
import { Button } from '../ui/button';
import { TEXTS } from './texts';

const STORAGE_KEY = 'cytoqueue-theme';
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** Follows the system until the user chooses. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(readTheme);
  useEffect(() => {
    applyTheme(theme);
    storeTheme(theme);
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
  const { names, label } = TEXTS.theme;
  return (
    <Button variant="quiet" onPress={() => setTheme(next)} aria-label={label(names[theme], names[next])}>
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7.250" fill="none" stroke="currentColor" strokeWidth="1.500" />
        {theme === 'system' && <path d="M10 2.750a7.250 7.250 0 0 1 0 14.500z" fill="currentColor" />}
        {theme === 'dark' && <circle cx="10" cy="10" r="7.250" fill="currentColor" />}
      </svg>
    </Button>
  );
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** The browser may forbid storage; then the choice lasts until the page is closed. */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return THEMES.find((theme) => theme === stored) ?? 'system';
  } catch {
    return 'system';
  }
}

function storeTheme(theme: Theme): void {
  try {
    localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // See readTheme.
  }
}
