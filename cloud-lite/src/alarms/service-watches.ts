import { defaultTenantId } from "../tenants/tenant.ts";
import type { Finding, Watch } from "./finding.ts";
import type { RequestRate } from "./request-rate.ts";

/** With fewer requests one error is no rate. */
const fewestRequests = 20;

/** The service itself belongs to whoever runs the cloud: tenant `default`. */
const service = { tenantId: defaultTenantId, machineId: "", source: "VisionVend cloud" } as const;

/** Errors of this instance. */
export function errorRateWatch(rate: RequestRate): Watch {
	return async (figuresOf) => {
		const { threshold, withinMs } = figuresOf(defaultTenantId, "error_rate", "");
		const { answered, failed } = rate.within(withinMs);
		if (answered < fewestRequests || failed * 100 <= answered * threshold) return [];
		const percent = ((failed * 100) / answered).toFixed(1);
		return [
			{
				...service,
				rule: "error_rate",
				subject: "",
				summary: `${percent} % of requests end in an error`,
				details: { Requests: answered, Errors: failed, Minutes: withinMs / 60_000 },
			},
		];
	};
}

/** How much of something is there, and how much is used. */
export interface Usage {
	/** `disk`, `memory`. */
	readonly resource: string;
	readonly used: number;
	readonly total: number;
}

/** What the host of this instance runs out of. */
export function resourceWatch(usages: () => Promise<readonly Usage[]>): Watch {
	return async (figuresOf) => {
		const { threshold } = figuresOf(defaultTenantId, "resource_exhaustion", "");
		return (await usages())
			.filter(({ used, total }) => total > 0 && used * 100 >= total * threshold)
			.map(({ resource, used, total }): Finding => {
				const percent = Math.round((used * 100) / total);
				return {
					...service,
					rule: "resource_exhaustion",
					subject: resource,
					summary: `The cloud's ${resource} is used by ${percent} %`,
					details: { Percent: percent },
				};
			});
	};
}
