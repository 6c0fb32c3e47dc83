import { type OutgoingRequest, type SendRequest, Unreachable } from "../src/notify/guarded-sender.ts";

interface Answers {
	fetch(request: Request): Response | Promise<Response>;
}

/** Services by their host, reached without sockets; whoever is not there cannot be reached. */
export class Outside {
	readonly requests: OutgoingRequest[] = [];
	readonly #services: Map<string, Answers>;

	constructor(services: Readonly<Record<string, Answers>>) {
		this.#services = new Map(Object.entries(services));
	}

	readonly send: SendRequest = async (request) => {
		this.requests.push(request);
		const { host } = new URL(request.url);
		const service = this.#services.get(host);
		if (service === undefined) throw new Unreachable(`${host} does not answer: connection refused`);
		const { method, headers, body } = request;
		const answer = await service.fetch(
			new Request(request.url, { method, headers, body: typeof body === "string" ? body : new Uint8Array(body) }),
		);
		return {
			status: answer.status,
			headers: Object.fromEntries(answer.headers),
			body: await answer.text(),
		};
	};

	remove(host: string): void {
		this.#services.delete(host);
	}

	put(host: string, service: Answers): void {
		this.#services.set(host, service);
	}
}
