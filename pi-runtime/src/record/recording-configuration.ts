import { z } from "zod";

/** Where and how much the service records. */
export const recordingSchema = z.strictObject({
	/** A folder of its own, best on a disk of its own. */
	folder: z.string().min(1).default("/var/lib/visionvend/video"),
	/** Of all recordings together, gigabytes (10⁹ bytes). */
	quotaGigabytes: z.number().min(0.001).max(10_000).default(20),
	/** What is older goes. */
	hours: z.number().min(0.1).max(720).default(24),
	/** Around an open door; a tenth of it while nothing happens. */
	kilobitsPerSecond: z.int().min(100).max(20_000).default(1_500),
	/** `h264_v4l2m2m`: the encoder of a Raspberry Pi 4. A Raspberry Pi 5 has none. */
	codec: z.enum(["libx264", "h264_v4l2m2m"]).default("libx264"),
});

export type RecordingConfiguration = z.infer<typeof recordingSchema>;
