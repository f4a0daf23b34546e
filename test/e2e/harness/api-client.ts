import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KeyPair } from './certificates.ts';

/** A request to the API server; `body` is sent as JSON. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly contentType?: string;
}

/** What the API server said, whatever the code. */
export interface ApiResponse {
  readonly code: number;
  readonly text: string;
}

/** Talks to the API server as one of the suite's identities, without kubectl. */
export class ApiClient {
  readonly #server: string;
  readonly #agent: Agent;

  private constructor(server: string, agent: Agent) {
    this.#server = server;
    this.#agent = agent;
  }

  static async create(server: string, authority: string, pair: KeyPair): Promise<ApiClient> {
    const [ca, cert, key] = await Promise.all(
      [authority, pair.cert, pair.key].map((path) => readFile(path)),
    );
    return new ApiClient(server, new Agent({ ca, cert, key, keepAlive: true }));
  }

  /** The answer, also when it is a refusal. */
  async ask(path: string, { method = 'GET', body, contentType }: ApiRequest = {}) {
    return new Promise<ApiResponse>((resolve, reject) => {
      const payload = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        'content-type': contentType ?? 'application/json',
        // Node sends the body of a DELETE without its length, which ruins the connection.
        'content-length': Buffer.byteLength(payload),
      };
      const sent = request(new URL(path, this.#server), { method, headers, agent: this.#agent });
      sent.setTimeout(10_000, () => sent.destroy(new Error(`no answer: ${method} ${path}`)));
      sent.once('error', reject);
      sent.once('response', (response) => {
        const code = response.statusCode ?? 0;
        text(response).then((answer) => resolve({ code, text: answer }), reject);
      });
      sent.end(payload);
    });
  }

  /** The answer parsed; throws on a refusal. */
  async call<Answer>(path: string, options: ApiRequest = {}): Promise<Answer> {
    const answer = await this.ask(path, options);
    if (answer.code >= 300) {
      throw new Error(`${options.method ?? 'GET'} ${path}: ${answer.code} ${answer.text}`);
    }
    return JSON.parse(answer.text) as Answer;
  }

  /** Closes the connections it keeps; a later request opens another. */
  close(): void {
    this.#agent.destroy();
  }
}
