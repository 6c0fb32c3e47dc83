type Chooses<Answer> = ((method: string, path: string) => Answer) | undefined;

/** What goes wrong between a caller and a service with an API. Each is asked for every request; `undefined`: nothing. */
export interface ApiFaults {
	/** The request never arrives: the connection breaks, nothing is done. */
	dropRequest?: Chooses<boolean>;
	/** The work is done, but the answer is lost: the connection breaks. */
	dropResponse?: Chooses<boolean>;
	/** Answers 500. `unprocessed`: nothing was done. `processed`: the work was done, only reading shows it. */
	serverError?: Chooses<"unprocessed" | "processed" | undefined>;
	/** Answers 429; nothing was done. */
	rateLimit?: Chooses<boolean>;
}

/** The connection to a service broke; what the service did is unknown to the caller. */
export class ConnectionLost extends Error {
	/** `service` as people call it, `what` was lost of the exchange. */
	constructor(service: string, what: string) {
		super(`${service} simulator: connection lost, ${what}`);
	}
}
