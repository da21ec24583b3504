import type { CookieOptions, Express, Request, RequestHandler } from 'express';

const SESSION_COOKIE = 'cytoqueue_session';
/** Matches paths on this server, but not a presigned URL of the store. */
const OWN_PATH = /^\/(?!\/)/;

/**
 * The address at which clients reach the API (`PUBLIC_URL`). Routes omit its path, because the proxy strips it from
 * requests; responses include it, because browsers and clients resolve links against it.
 */
export class PublicAddress {
  /** The path that the proxy strips, such as `/cyto`; empty at the root. */
  readonly path: string;
  private readonly url: URL | undefined;

  constructor(publicUrl?: string) {
    this.url = publicUrl === undefined ? undefined : new URL(publicUrl);
    this.path = this.url?.pathname.replace(/\/$/, '') ?? '';
  }

  /** For the OpenAPI document. */
  get server(): string {
    return this.url === undefined ? '/' : `${this.url.origin}${this.path}`;
  }

  isSecure(request: Request): boolean {
    return request.secure || this.url?.protocol === 'https:';
  }

  /** Whether an `Origin` header names this address: the public one, or the one that the request was sent to. */
  isOwnOrigin(origin: string, request: Request): boolean {
    if (!URL.canParse(origin)) return false;
    return new URL(origin).host === request.host || origin === this.url?.origin;
  }

  /**
   * With an https address the name has a prefix that makes the browser reject cookies set by other hosts or over HTTP.
   * `__Host-` requires the path `/`.
   */
  get cookieName(): string {
    if (this.url?.protocol !== 'https:') return SESSION_COOKIE;
    return `${this.path === '' ? '__Host-' : '__Secure-'}${SESSION_COOKIE}`;
  }

  cookieOptions(request: Request): CookieOptions {
    return {
      httpOnly: true,
      sameSite: 'strict',
      path: this.path === '' ? '/' : this.path,
      secure: this.isSecure(request),
    };
  }

  /** Adds the stripped path to every `Location` and `Link` header and to the `links` of every JSON body. */
  mount(app: Express): void {
    if (this.path === '') return;
    app.set('json replacer', (key: string, value: unknown) => (key === 'links' ? this.prefixAll(value) : value));
    app.use(this.prefixHeaders());
  }

  /** Adds the stripped path to the targets of a `Link` header. */
  prefixLink(value: string): string {
    return value.replaceAll(/<([^>]*)>/g, (_, target: string) => `<${this.prefix(target)}>`);
  }

  private prefixHeaders(): RequestHandler {
    return (_request, response, next) => {
      const setHeader = response.setHeader.bind(response);
      response.setHeader = (name, value) =>
        setHeader(name, typeof value === 'string' ? this.prefixHeader(name.toLowerCase(), value) : value);
      next();
    };
  }

  private prefixHeader(name: string, value: string): string {
    if (name === 'location') return this.prefix(value);
    return name === 'link' ? this.prefixLink(value) : value;
  }

  private prefixAll(links: unknown): unknown {
    if (typeof links !== 'object' || links === null) return links;
    return Object.fromEntries(
      Object.entries(links).map(([name, link]) => [name, typeof link === 'string' ? this.prefix(link) : link]),
    );
  }

  private prefix(target: string): string {
    return OWN_PATH.test(target) ? this.path + target : target;
  }
}
