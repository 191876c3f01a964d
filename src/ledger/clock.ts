/** Tells the time. The start of a command or of the worker passes one on; the code below never asks the machine. */
export type Clock = () => Date;
