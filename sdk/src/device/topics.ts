/** The MQTT topics of one machine. Names on the left say the message; who sends it to whom stands beside. */
export interface Topics {
	/** cloud → controller */
	readonly helloRequest: string;
	/** cloud → controller */
	readonly unlock: string;
	/** cloud → controller */
	readonly receipt: string;
	/** controller → cloud */
	readonly hello: string;
	/** controller → cloud */
	readonly door: string;
	/** controller → cloud: what became of a command */
	readonly command: string;
	/** controller → cloud */
	readonly health: string;
	/** controller → pi, over the link only; the pi carries it to the cloud inside `report` */
	readonly saleReport: string;
	/** pi → cloud */
	readonly report: string;
	/** cloud → pi: the report is stored, forget it */
	readonly ack: string;
}

/** `machineId`: `/^[a-z0-9][a-z0-9-]{0,62}$/`, so no `/`, `+` or `#` of it can reach into another machine's topics. */
export function topics(machineId: string): Topics {
	const root = `devices/${machineId}`;
	return {
		helloRequest: `${root}/commands/hello`,
		unlock: `${root}/commands/unlock`,
		receipt: `${root}/commands/receipt`,
		hello: `${root}/status/hello`,
		door: `${root}/status/door`,
		command: `${root}/status/command`,
		health: `${root}/status/health`,
		saleReport: `${root}/status/sale`,
		report: `${root}/sales/report`,
		ack: `${root}/sales/ack`,
	};
}
