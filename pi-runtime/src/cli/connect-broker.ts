import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import type { PiConfiguration } from "../configuration.ts";
import { readCertificateAuthority } from "./read-configuration.ts";

/**
 * Connects as this machine. An absent broker is tried again in the background; `onProblem` hears what goes wrong there.
 * Throws a `UsageError` when the file of the certificate authority cannot be read.
 */
export async function connectBroker(
	{ broker, machineId }: PiConfiguration,
	onProblem: (problem: string) => void,
): Promise<MessageBroker> {
	const { url, username, password, caFile } = broker;
	const ca = readCertificateAuthority(caFile);
	return connectMqtt({
		url,
		username,
		password,
		clientId: `${machineId}-pi`,
		...(ca === undefined ? {} : { ca }),
		onError: (error) => onProblem(error.message),
	});
}
