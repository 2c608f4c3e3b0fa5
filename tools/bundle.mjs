// Bundles what runs: dist/hostward.mjs, one file with everything hostward needs of npm, and beside it the native addon and the program of the thread that
// reads large documents. Smaller in memory and quicker to start than the sources. What is only imported on demand (the addon's users, a cluster's
// client) stays unevaluated until then.

import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const out = process.argv[2] ?? join(root, "dist");
const addon = join(root, "build", "Release", "hostward_native.node");

// CommonJS packages inside call require for Node's own modules.
const requires = 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);';

// A bundle is started by whatever node there is, so it says what is wrong before it loads anything that an old one lacks.
const banner = `#!/usr/bin/env node
{
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 19)) {
    process.stderr.write(\`hostward: this is Node \${process.versions.node}, but 22.19 or later is needed\\n\`);
    process.exit(127);
  }
}
${requires}`;

if (!existsSync(addon)) {
  process.stderr.write(`bundle: ${addon} is not there: run npm run build:native first\n`);
  process.exit(1);
}
mkdirSync(out, { recursive: true });

/** @param banner goes before everything else */
async function bundle(from, to, banner) {
  await build({
    entryPoints: [join(root, "agent", ...from)],
    outfile: join(out, to),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22.19",
    banner: { js: banner },
    // Names stay, so that a stack trace still says where.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    logLevel: "warning",
  });
}

await bundle(["main.ts"], "hostward.mjs", banner);
await bundle(["sources", "readerThread.ts"], "readerThread.mjs", requires);
copyFileSync(addon, join(out, "hostward_native.node"));
