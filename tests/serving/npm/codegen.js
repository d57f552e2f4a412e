/** graphql-codegen: the types of the schema that is served, and a program that uses them, compiled. */
import { generate } from "@graphql-codegen/cli";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import ts from "typescript";

const folder = mkdtempSync("codegen-");
try {
  writeFileSync(`${folder}/program.ts`, `
    import { graphql } from "./gql";
    import type { ResultOf } from "@graphql-typed-document-node/core";

    const PROFILE = graphql(\`
      query Profile($userId: Long!) {
        getUserProfile(userId: $userId) { totalListenCount artistCharts { topK { countPlays artist { id name } } } }
      }
    \`);
    export function best(profile: ResultOf<typeof PROFILE>): string | undefined {
      const count: number | undefined = profile.getUserProfile?.artistCharts.topK[0]?.countPlays;
      return count === undefined ? undefined : profile.getUserProfile?.artistCharts.topK[0]?.artist.name;
    }
  `);
  await generate({
    schema: `${process.argv[1]}/graphql`,
    documents: [`${folder}/program.ts`],
    silent: true,
    generates: { [`${folder}/gql/`]: { preset: "client", presetConfig: { persistedDocuments: true }, config: { scalars: { Long: "number" }, useTypeImports: true } } },
  }, true);
  const program = ts.createProgram([`${folder}/program.ts`], {
    strict: true, noEmit: true, skipLibCheck: true,
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022,
  });
  const problems = ts.getPreEmitDiagnostics(program).map((found) => ts.flattenDiagnosticMessageText(found.messageText, " "));
  console.log(JSON.stringify(problems));
} finally {
  rmSync(folder, { recursive: true });
}
