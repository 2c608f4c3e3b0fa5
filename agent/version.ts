// The version of hostward, as package.json has it: the one place where it is written. A bundle carries it inside.

import packageJson from "../package.json" with { type: "json" };

export const { version } = packageJson;
