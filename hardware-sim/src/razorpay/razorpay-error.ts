/** An answer of Razorpay's API that refuses. Source: razorpay.com/docs/api/understand/errors. */
export class RazorpayError extends Error {
	readonly status: number;
	readonly code: "BAD_REQUEST_ERROR" | "SERVER_ERROR";

	constructor(status: number, description: string) {
		super(description);
		this.status = status;
		this.code = status < 500 ? "BAD_REQUEST_ERROR" : "SERVER_ERROR";
	}

	get body(): object {
		const { code, message } = this;
		return { error: { code, description: message, source: "NA", step: "NA", reason: "NA", metadata: {} } };
	}
}
