import { readFile } from "node:fs/promises";
import { z } from "zod";
import { errorText } from "../error-text.ts";

/** Where the cloud is, as `https://cloud.example`; `http://` is for one on this machine. */
export const cloudUrlSchema = z.string().refine(
	(text) => {
		if (!URL.canParse(text)) return false;
		const { protocol, hostname } = new URL(text);
		return protocol === "https:" || (protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname));
	},
	{ error: 'must be "https://host" (or "http://127.0.0.1:port")' },
);

const accountSchema = z.strictObject({ url: cloudUrlSchema, apiKey: z.string().min(16).max(200) });

/** What root's tools on the Pi ask the cloud over HTTPS with. The service has no use for it. */
export type CloudAccount = z.infer<typeof accountSchema>;

/** Reads the account that `visionvend-pi claim` wrote. Rejects with an `Error` for people; the message holds no secret. */
export async function readCloudAccount(path: string): Promise<CloudAccount> {
	try {
		return accountSchema.parse(JSON.parse(await readFile(path, "utf8")));
	} catch (error) {
		const why = error instanceof z.ZodError ? z.prettifyError(error) : errorText(error);
		throw new Error(`${path} cannot be used: ${why}\nClaim the machine: sudo visionvend-pi claim URL`, {
			cause: error,
		});
	}
}

/** The cloud's answer to a request of this machine; rejects with an `Error` for people when it is no success. */
export async function askCloud(
	{ url, apiKey }: CloudAccount,
	path: string,
	{ body, send = fetch }: { readonly body?: object; readonly send?: typeof fetch } = {},
): Promise<Response> {
	const response = await send(new URL(path, url), {
		method: body === undefined ? "GET" : "POST",
		headers: {
			authorization: `Bearer ${apiKey}`,
			...(body === undefined ? {} : { "content-type": "application/json" }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	if (!response.ok) throw new Error(`${path}: ${await problemOf(response)}`);
	return response;
}

const problemSchema = z.object({ detail: z.string() });

/** What the cloud says is wrong. */
export async function problemOf(response: Response): Promise<string> {
	const text = await response.text();
	try {
		return problemSchema.parse(JSON.parse(text)).detail;
	} catch {
		// No problem of ours: a proxy on the way, or another server.
		return `the server answered ${response.status}`;
	}
}
