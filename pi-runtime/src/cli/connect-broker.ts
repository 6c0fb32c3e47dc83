import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import type { PiConfiguration } from "../configuration.ts";
import { readCertificateAuthority } from "./read-configuration.ts";

/** Connects as this machine. An absent broker is tried again in the background. */
export function connectBroker({ broker, machineId }: PiConfiguration): Promise<MessageBroker> {
	const { url, username, password, caFile } = broker;
	const ca = readCertificateAuthority(caFile);
	return connectMqtt({ url, username, password, clientId: `${machineId}-pi`, ...(ca === undefined ? {} : { ca }) });
}
