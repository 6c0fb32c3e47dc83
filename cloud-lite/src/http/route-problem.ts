import type { OpenAPIHono } from "@hono/zod-openapi";
import type { CloudEnvironment } from "./environment.ts";
import { Problem } from "./problem.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Why no route answered: the path has others (405, which are named in `Allow`), or there is nothing at it (404). */
export function routeProblem(app: OpenAPIHono<CloudEnvironment>, method: string, path: string): Problem {
	const allowed = methods.filter((each) =>
		app.router.match(each, path)[0].some(([[, route]]) => route.method === each),
	);
	if (allowed.length === 0) return new Problem(404, "not_found", `There is no ${method} ${path}; see /docs.`);
	const detail = `${path} is for ${allowed.join(", ")}, not for ${method}; see /docs.`;
	return new Problem(405, "method_not_allowed", detail, {}, { allow: allowed.join(", ") });
}
