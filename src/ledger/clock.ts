/** Returns the current time. A command or worker passes one on at its start; no other code asks the machine. */
export type Clock = () => Date;
