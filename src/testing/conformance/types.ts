import type { Registration } from "../../provider/registration.ts";

/** What is to be checked. */
export interface ConformanceSubject {
  /** The plugin's folder, with its package.json. */
  package: string | URL;
  /** The module with the hook, when it is another than package.json names: its source. */
  hook?: string | URL;
  /**
   * Folder of recorded homes, by default `fixtures` or `test/fixtures` of the package: `<case>/home` is what the
   * agent left in a home folder, `<case>/golden.txt` how it is to be read. Without a writer there is nothing else
   * to read, so that there must be some.
   */
  fixtures?: string | URL;
  /** Whether a provider without a writer may come without recorded homes, as installed packages do. */
  withoutFixtures?: boolean;
}

/** One thing that must be true of a provider. Rejects, with a message for people, when it is not. */
export interface ConformanceCheck {
  /** Unique in its list. */
  name: string;
  /**
   * Why this check does not apply: the registration says so, or, once it has run, the form of the store (a database
   * has no lines to tear).
   */
  skip?: string;
  run(): Promise<void>;
}

/** A sound registration and what its checks work with. */
export interface Candidate {
  registration: Registration;
  fixtures: Fixture[];
  withoutFixtures: boolean;
}

/** One recorded home. */
export interface Fixture {
  name: string;
  /** Never read in place: checks work on copies. */
  home: string;
  /** Where its golden is, existing or not. */
  golden: string;
}
