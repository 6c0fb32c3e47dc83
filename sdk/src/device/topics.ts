/** The MQTT topics of one machine. Names on the left say the message; who sends it to whom stands beside. */
export interface Topics {
	/** cloud → controller */
	readonly helloRequest: string;
	/** cloud → controller */
	readonly unlock: string;
	/** cloud → controller */
	readonly dispense: string;
	/** cloud → controller */
	readonly receipt: string;
	/** cloud → controller: a report that came without a pi is stored */
	readonly acknowledgement: string;
	/** cloud → controller */
	readonly remoteCommand: string;
	/** cloud → controller */
	readonly configurationUpdate: string;
	/** cloud → controller: the manifest of new firmware */
	readonly firmware: string;
	/** cloud → controller: a part of new firmware */
	readonly firmwareChunk: string;
	/** controller → cloud */
	readonly hello: string;
	/** controller → cloud */
	readonly door: string;
	/** controller → cloud: what became of an unlock or a dispense command */
	readonly command: string;
	/** controller → cloud: how far a remote command, a configuration or an update has come */
	readonly commandStatus: string;
	/** controller → cloud: asks for a part of new firmware */
	readonly firmwareRequest: string;
	/** controller → cloud */
	readonly health: string;
	/** controller → pi over the link, which carries it to the cloud inside `report`; or controller → cloud, where there is no pi */
	readonly saleReport: string;
	/** controller → pi over the link, unsealed; it goes no further */
	readonly weights: string;
	/** pi → cloud */
	readonly report: string;
	/** cloud → pi: the report is stored, forget it */
	readonly ack: string;
	/** cloud → pi: send a piece of the evidence of a sale */
	readonly evidenceRequest: string;
	/** pi → cloud: a piece of the evidence of a sale */
	readonly evidence: string;
	/** cloud → pi: what stands where, and what it costs */
	readonly planogram: string;
	/** pi → cloud: which planogram it decides by */
	readonly planogramStatus: string;
	/** cloud → pi: keys that come after those in use */
	readonly newKeys: string;
	/** pi → cloud: it has the new keys for good */
	readonly keysStatus: string;
	/** pi → cloud: lines of its log */
	readonly logs: string;
}

/** `machineId`: `/^[a-z0-9][a-z0-9-]{0,62}$/`, so no `/`, `+` or `#` of it can reach into another machine's topics. */
export function topics(machineId: string): Topics {
	const root = `devices/${machineId}`;
	return {
		helloRequest: `${root}/commands/hello`,
		unlock: `${root}/commands/unlock`,
		dispense: `${root}/commands/dispense`,
		receipt: `${root}/commands/receipt`,
		acknowledgement: `${root}/commands/acknowledgement`,
		remoteCommand: `${root}/commands/remote`,
		configurationUpdate: `${root}/config/update`,
		firmware: `${root}/commands/firmware`,
		firmwareChunk: `${root}/commands/firmware-chunk`,
		hello: `${root}/status/hello`,
		door: `${root}/status/door`,
		command: `${root}/status/command`,
		commandStatus: `${root}/status/remote`,
		firmwareRequest: `${root}/status/firmware`,
		health: `${root}/status/health`,
		saleReport: `${root}/status/sale`,
		weights: `${root}/link/weights`,
		report: `${root}/sales/report`,
		ack: `${root}/sales/ack`,
		evidenceRequest: `${root}/sales/evidence-request`,
		evidence: `${root}/sales/evidence`,
		planogram: `${root}/config/planogram`,
		planogramStatus: `${root}/status/planogram`,
		newKeys: `${root}/config/keys`,
		keysStatus: `${root}/status/keys`,
		logs: `${root}/logs`,
	};
}
