import { lookup } from "node:dns/promises";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import type { Clock } from "@visionvend/sdk/clock";
import { messageOf } from "../http/error-message.ts";
import type { AddressGuard } from "./address-guard.ts";

/** A request to an address that somebody else wrote down. */
export interface OutgoingRequest {
	readonly url: string;
	readonly method: "POST" | "GET";
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | Uint8Array;
}

export interface OutgoingAnswer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	/** At most as many bytes as the sender takes; what follows is not read. */
	readonly body: string;
}

/**
 * Sends one request and reads its answer; redirects are answers.
 * Rejects with {@link RequestRefused} when it must not be sent, {@link Unreachable} when no answer came.
 */
export type SendRequest = (request: OutgoingRequest) => Promise<OutgoingAnswer>;

/** The request must not be sent; trying again does not help. */
export class RequestRefused extends Error {}

/** Nobody answered; later it may work. */
export class Unreachable extends Error {}

/** All addresses of a host name. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>;

const defaultTimeoutMs = 10_000;
const mostAnswerBytes = 64 * 1024;
const portsOfHttp = { "http:": 80, "https:": 443 } as const;

const resolveBySystem: ResolveHost = async (hostname) =>
	(await lookup(hostname, { all: true })).map(({ address }) => address);

/**
 * A sender that is safe with addresses of tenants (SSRF, ASVS 5.0 1.3.6): https only, a public host only, no user name
 * in the address, no redirect followed. The name is resolved once and the connection goes to the address that was
 * checked, so a name that changes its mind in between gains nothing. Plain http is for hosts that `guard` allows by name.
 */
export function guardedSender(options: {
	readonly guard: AddressGuard;
	readonly clock: Clock;
	readonly resolve?: ResolveHost | undefined;
	/** From the start of the connection to the end of the answer, milliseconds. */
	readonly timeoutMs?: number | undefined;
}): SendRequest {
	const { guard, clock, resolve = resolveBySystem, timeoutMs = defaultTimeoutMs } = options;
	return async (outgoing) => {
		const url = checkedUrl(outgoing.url);
		const hostname = url.hostname.replace(/^\[|\]$/g, "");
		const address = await checkedAddress(hostname, guard, resolve);
		if (url.protocol === "http:" && !guard.isAllowedByName(address)) {
			throw new RequestRefused(`${url.host} must be reached over https`);
		}
		return exchange({ outgoing, url, hostname, address, clock, timeoutMs });
	};
}

/** @throws RequestRefused for addresses that no setting makes good */
function checkedUrl(text: string): URL {
	if (!URL.canParse(text)) throw new RequestRefused(`"${text}" is no web address`);
	const url = new URL(text);
	if (url.protocol !== "https:" && url.protocol !== "http:") {
		throw new RequestRefused(`${url.protocol} is not possible; the address must begin with https://`);
	}
	if (url.username !== "" || url.password !== "") {
		throw new RequestRefused(`the address of ${url.host} must not contain a user name or password`);
	}
	return url;
}

async function checkedAddress(hostname: string, guard: AddressGuard, resolve: ResolveHost): Promise<string> {
	const addresses = isIP(hostname) === 0 ? await resolved(hostname, resolve) : [hostname];
	// One bad address among good ones is how rebinding begins: none is used then.
	const refusal = addresses.map((address) => guard.refusal(address)).find((reason) => reason !== undefined);
	if (refusal !== undefined) throw new RequestRefused(`${hostname} must not be called: ${refusal}`);
	const [address] = addresses;
	if (address === undefined) throw new Unreachable(`${hostname} has no address`);
	return address;
}

async function resolved(hostname: string, resolve: ResolveHost): Promise<readonly string[]> {
	try {
		return await resolve(hostname);
	} catch (error) {
		throw new Unreachable(`${hostname} cannot be found: ${messageOf(error)}`);
	}
}

function exchange(call: {
	readonly outgoing: OutgoingRequest;
	readonly url: URL;
	readonly hostname: string;
	readonly address: string;
	readonly clock: Clock;
	readonly timeoutMs: number;
}): Promise<OutgoingAnswer> {
	const { outgoing, url, hostname, address, clock, timeoutMs } = call;
	const secure = url.protocol === "https:";
	const body = Buffer.from(outgoing.body);
	return new Promise((resolve, reject) => {
		const fail = (why: string) => reject(new Unreachable(`${url.host} does not answer: ${why}`));
		const options = {
			// The address that was checked, and no other; the name goes into the Host header and the certificate's check.
			host: address,
			port: url.port === "" ? portsOfHttp[secure ? "https:" : "http:"] : Number(url.port),
			path: `${url.pathname}${url.search}`,
			method: outgoing.method,
			agent: false as const,
			headers: { ...outgoing.headers, host: url.host, "content-length": String(body.byteLength) },
			...(secure && isIP(hostname) === 0 ? { servername: hostname } : {}),
		};
		const request = (secure ? requestHttps : requestHttp)(options);
		const cancel = clock.after(timeoutMs, () => {
			fail(`nothing within ${timeoutMs} ms`);
			request.destroy();
		});
		request.once("error", (error) => {
			cancel();
			fail(error.message);
		});
		request.once("response", (response) => {
			readBody(response).then(
				(text) => {
					cancel();
					resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
					request.destroy();
				},
				(error: unknown) => {
					cancel();
					fail(messageOf(error));
				},
			);
		});
		request.end(body);
	});
}

async function readBody(response: IncomingMessage): Promise<string> {
	const parts: Buffer[] = [];
	let bytes = 0;
	for await (const part of response) {
		if (!Buffer.isBuffer(part)) throw new TypeError("an answer without an encoding comes as bytes");
		parts.push(part);
		bytes += part.byteLength;
		if (bytes >= mostAnswerBytes) break;
	}
	return Buffer.concat(parts).subarray(0, mostAnswerBytes).toString("utf8");
}
