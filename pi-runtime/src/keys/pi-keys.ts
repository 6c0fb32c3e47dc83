import { type EnvelopeKey, keyId, type OpenResult, partyName } from "@visionvend/sdk/device/envelope/envelope";
import { maskKey } from "@visionvend/sdk/device/envelope/mask-key";
import type { ConfiguredKey, KeyRotation } from "@visionvend/sdk/device/messages";
import { type EnvelopeKeys, keyFor, openEnvelope } from "@visionvend/sdk/protocol/envelope";
import { type PiSecrets, versionOf } from "./stored-secrets.ts";

/**
 * The keys between this Pi and the cloud. New ones count at once for what the Pi seals, since the cloud knows them; of
 * those that the cloud seals with, the old one stays good until something has come under the new one.
 */
export class PiKeys {
	readonly #onOldUnused: () => void;
	#secrets: PiSecrets;
	#receive: EnvelopeKeys;
	#send: EnvelopeKey;

	/** `onOldUnused`: the cloud uses the newest key, so `withoutOld` may be kept and used. */
	constructor(secrets: PiSecrets, onOldUnused: () => void) {
		this.#onOldUnused = onOldUnused;
		this.#secrets = secrets;
		this.#receive = receiveKeys(secrets);
		this.#send = toKey(secrets.send);
	}

	/** Seals for the cloud. */
	get send(): EnvelopeKey {
		return this.#send;
	}

	get version(): number {
		return versionOf(this.#send.kid);
	}

	/** Opens what the cloud has sealed for this Pi. */
	open(topic: string, token: string): OpenResult {
		const { machineId } = this.#secrets;
		const key = keyFor(this.#receive, token);
		const opened = openEnvelope(key, { iss: "cloud", aud: partyName(machineId, "pi"), topic }, token);
		if (opened.ok && key === this.#receive[0] && this.#receive.length > 1) this.#onOldUnused();
		return opened;
	}

	/** What there is once the keys of a message are taken. `token`: the message, which was opened before. */
	rotated({ version, salt, receive, send, broker }: KeyRotation, token: string): PiSecrets {
		const { machineId } = this.#secrets;
		const hidingKey = keyFor(this.#receive, token);
		const show = (name: string, hidden: string): string =>
			Buffer.from(maskKey(hidingKey, Buffer.from(salt, "base64url"), name, Buffer.from(hidden, "base64url"))).toString(
				"base64url",
			);
		const keyOf = (kid: string, hidden: string): ConfiguredKey => ({ kid, key: show(kid, hidden) });
		return {
			machineId,
			receive: [keyOf(keyId("cloud", "pi", version), receive), this.#secrets.receive[0]],
			send: keyOf(keyId("pi", "cloud", version), send),
			account: { username: `${machineId}.${version}`, password: show(`broker.${version}`, broker) },
		};
	}

	withoutOld(): PiSecrets {
		return { ...this.#secrets, receive: [this.#secrets.receive[0]] };
	}

	/** They are on the disk. */
	use(secrets: PiSecrets): void {
		this.#secrets = secrets;
		this.#receive = receiveKeys(secrets);
		this.#send = toKey(secrets.send);
	}
}

function receiveKeys({ receive: [newest, ...others] }: PiSecrets): EnvelopeKeys {
	return [toKey(newest), ...others.map(toKey)];
}

function toKey({ kid, key }: ConfiguredKey): EnvelopeKey {
	const bytes = Buffer.from(key, "base64url");
	if (bytes.length !== 32) throw new Error(`The key ${kid} is not 32 bytes of base64url.`);
	return { kid, key: bytes };
}
