import { z } from "zod";
import { engines } from "../detect-message.ts";

/** What the service has to know to look at pictures that others send. */
export const detectServiceSchema = z.strictObject({
	/** Whoever sends pictures has to know it. */
	token: z.string().min(32, "must be at least 32 characters; `openssl rand -hex 32` makes one"),
	/** The address to listen on: this machine alone where not given, `0.0.0.0` for its whole network. */
	host: z.string().min(1).default("127.0.0.1"),
	port: z.int().min(0).max(65_535).default(8_100),
	/** An ONNX detector; the one that comes with VisionVend where not given. */
	model: z.string().min(1).optional(),
	engine: z.enum(engines).default("ort"),
});

export type DetectServiceConfiguration = z.infer<typeof detectServiceSchema>;
