/** Builds `@lateen/base` and `@lateen/cue` and packs both into a folder; the paths of the archives. */
export declare function pack(folder: string): Promise<string[]>;
