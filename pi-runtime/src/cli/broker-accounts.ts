/** What this Pi says at the broker. */
export interface BrokerAccount {
	readonly username: string;
	readonly password: string;
}

/**
 * Accounts of one machine, the newest first. Which of them the broker lets in at the moment, its owner decides: each
 * attempt takes the next one, and after a connection the newest is the first to be tried again.
 */
export class BrokerAccounts {
	readonly #accounts: BrokerAccount[];
	#attempts = 0;

	constructor(accounts: readonly [BrokerAccount, ...BrokerAccount[]]) {
		this.#accounts = [...accounts];
	}

	add(account: BrokerAccount): void {
		this.#accounts.unshift(account);
		this.#attempts = 0;
	}

	/** For the next attempt. */
	next(): BrokerAccount {
		const account = this.#accounts[this.#attempts % this.#accounts.length];
		this.#attempts += 1;
		if (account === undefined) throw new Error("there is always one");
		return account;
	}

	connected(): void {
		this.#attempts = 0;
	}
}
