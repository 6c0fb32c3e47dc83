import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import type { PiConfiguration } from "../configuration.ts";
import { readSecrets } from "../keys/stored-secrets.ts";
import { openStore } from "../store/store.ts";
import { BrokerAccounts } from "./broker-accounts.ts";
import { readCertificateAuthority } from "./read-configuration.ts";

/**
 * Connects as this machine. An absent broker is tried again in the background; `onProblem` hears what goes wrong there.
 * Throws a `UsageError` when the file of the certificate authority cannot be read.
 */
export async function connectBroker(
	{ broker, machineId }: PiConfiguration,
	accounts: BrokerAccounts,
	onProblem: (problem: string) => void,
): Promise<MessageBroker> {
	const { url, caFile } = broker;
	const ca = readCertificateAuthority(caFile);
	const connection = await connectMqtt({
		url,
		account: () => accounts.next(),
		clientId: `${machineId}-pi`,
		...(ca === undefined ? {} : { ca }),
		onError: (error) => onProblem(error.message),
	});
	if (connection.connected) accounts.connected();
	connection.onConnectionChange((connected) => {
		if (connected) accounts.connected();
	});
	return connection;
}

/** The account that came last by message, if one did, and the configuration's: the broker may know either. */
export async function brokerAccounts(configuration: PiConfiguration): Promise<BrokerAccounts> {
	const store = await openStore(configuration.databaseUrl);
	try {
		const { account } = await readSecrets(configuration, store);
		const { username, password } = configuration.broker;
		return new BrokerAccounts(account ? [account, { username, password }] : [{ username, password }]);
	} finally {
		store.close();
	}
}
