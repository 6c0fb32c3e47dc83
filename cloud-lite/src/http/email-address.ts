import { z } from "@hono/zod-openapi";

const { html5Email } = z.regexes;

/** An e-mail address as browsers take it (HTML Living Standard, "valid e-mail address"): no comments, no quotes. */
export const emailAddressSchema = z.email({ pattern: html5Email }).max(254);
