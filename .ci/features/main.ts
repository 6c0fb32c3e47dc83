import { writeFileSync } from "node:fs";
import { featuresPage, testsByFeature } from "./feature-tests.ts";

// npm runs it in the repository's top folder.
writeFileSync("docs/features.md", featuresPage(testsByFeature(".")));
