import type Stripe from "stripe";

export type ApiErrorType = "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";

/** What goes out as `{"error": …}`. Source: Stripe API reference, "Errors". */
export interface ApiErrorDetail {
	readonly type: ApiErrorType;
	readonly code?: string;
	readonly decline_code?: string;
	readonly message: string;
	readonly param?: string;
	readonly charge?: string;
	readonly payment_intent?: Stripe.PaymentIntent;
	readonly payment_method?: Stripe.PaymentMethod;
	readonly setup_intent?: Stripe.SetupIntent;
}

/** An answer of the simulated API that is an error. */
export class ApiError extends Error {
	/** HTTP status, 400 to 500. */
	readonly status: number;
	readonly detail: ApiErrorDetail;
	/**
	 * Whether the work had begun, so that an idempotency key replays this answer. A request refused for its
	 * parameters or for a concurrent twin leaves no trace at its key (API reference, "Idempotent requests").
	 */
	readonly begun: boolean;

	constructor(status: number, detail: ApiErrorDetail, begun = true) {
		super(detail.message);
		this.status = status;
		this.detail = detail;
		this.begun = begun;
	}

	get body(): { error: ApiErrorDetail & { doc_url?: string } } {
		const { code } = this.detail;
		if (code === undefined) return { error: this.detail };
		return {
			error: { ...this.detail, doc_url: `https://docs.stripe.com/error-codes/${code.replaceAll("_", "-")}` },
		};
	}
}

/** 400: the parameter is missing, unknown or out of range; nothing was done. */
export function parameterError(code: string, param: string, message: string): ApiError {
	return new ApiError(400, { type: "invalid_request_error", code, param, message }, false);
}

/** 400: the request is well-formed, but the object does not allow it. */
export function requestError(message: string, more: Partial<ApiErrorDetail> = {}): ApiError {
	return new ApiError(400, { ...more, type: "invalid_request_error", message });
}

/** 404, or 400 when the id came as a parameter. */
export function missingResource(kind: string, id: string, param?: string): ApiError {
	return new ApiError(
		param === undefined ? 404 : 400,
		{
			type: "invalid_request_error",
			code: "resource_missing",
			param: param ?? "id",
			message: `No such ${kind}: '${id}'`,
		},
		false,
	);
}
