import { fileURLToPath } from "node:url";

/** The detector that comes with VisionVend, next to `src` and `dist`. */
export function defaultModelPath(): string {
	return fileURLToPath(new URL("../../models/visionvend-18.onnx", import.meta.url));
}
