export { type CommandResult, commands, runCommand } from "./command.ts";
export { type FileTree, memoryTree } from "./tree.ts";
