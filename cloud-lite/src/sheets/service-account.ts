import type { Clock } from "@visionvend/sdk/clock";
import { importPKCS8, SignJWT } from "jose";
import { z } from "zod";
import { SheetsError } from "./sheets-error.ts";

/** The parts of a Google service account's key file that are needed. */
export const serviceAccountSchema = z.object({
	type: z.literal("service_account"),
	client_email: z.email(),
	private_key: z.string().startsWith("-----BEGIN PRIVATE KEY-----"),
	private_key_id: z.string().min(1),
	token_uri: z.url({ protocol: /^https?$/ }).default("https://oauth2.googleapis.com/token"),
});
export type ServiceAccount = z.infer<typeof serviceAccountSchema>;

const scope = "https://www.googleapis.com/auth/spreadsheets";
const assertionLivesSeconds = 3_600;
/** A token this near to its end is not used any more: the request still has to travel. */
const marginMs = 60_000;

const answerSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/**
 * Access tokens of a service account, each kept until a minute before its end.
 * Source: Google, "Using OAuth 2.0 for Server to Server Applications"; RFC 7523.
 */
export class ServiceAccountTokens {
	readonly email: string;
	readonly #account: ServiceAccount;
	readonly #clock: Clock;
	readonly #fetch: typeof fetch;
	#token: { readonly value: string; readonly untilMs: number } | undefined;
	#asking: Promise<string> | undefined;

	constructor(options: { account: ServiceAccount; clock: Clock; fetch: typeof fetch }) {
		this.#account = options.account;
		this.email = options.account.client_email;
		this.#clock = options.clock;
		this.#fetch = options.fetch;
	}

	/** @throws SheetsError when Google does not give one */
	token(): Promise<string> {
		if (this.#token && this.#clock.now() < this.#token.untilMs - marginMs) return Promise.resolve(this.#token.value);
		this.#asking ??= this.#ask().finally(() => {
			this.#asking = undefined;
		});
		return this.#asking;
	}

	/** The token that was refused is not used again. */
	forget(): void {
		this.#token = undefined;
	}

	async #ask(): Promise<string> {
		const { client_email, private_key, private_key_id, token_uri } = this.#account;
		const askedAtMs = this.#clock.now();
		const issuedAt = Math.floor(askedAtMs / 1000);
		const assertion = await new SignJWT({ scope })
			.setProtectedHeader({ alg: "RS256", typ: "JWT", kid: private_key_id })
			.setIssuer(client_email)
			.setAudience(token_uri)
			.setIssuedAt(issuedAt)
			.setExpirationTime(issuedAt + assertionLivesSeconds)
			.sign(await importPKCS8(private_key, "RS256"));
		const response = await this.#post(token_uri, assertion);
		if (!response.ok) throw await SheetsError.ofResponse(response, "Google gives no access token");
		const parsed = answerSchema.safeParse(await response.json());
		if (!parsed.success) {
			throw new SheetsError("unavailable", `The answer of ${token_uri} is no access token: ${parsed.error.message}`);
		}
		this.#token = { value: parsed.data.access_token, untilMs: askedAtMs + parsed.data.expires_in * 1000 };
		return this.#token.value;
	}

	async #post(url: string, assertion: string): Promise<Response> {
		try {
			return await this.#fetch(url, {
				method: "POST",
				body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
			});
		} catch (error) {
			throw SheetsError.unreachable(url, error);
		}
	}
}
