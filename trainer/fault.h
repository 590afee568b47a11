/*
 * A mapped file that has lost what is read of it: the kernel ends the process by
 * SIGBUS, which tells nobody why.
 *
 * The size of LMDB's file cannot be looked at beforehand: pages that a
 * transaction took and gave back are never written, so that a sound file may end
 * before the last page that its meta page names.
 */

#ifndef RECO_FAULT_H
#define RECO_FAULT_H

/*
 * From here on such a process says which file it is, on standard error, and
 * exits with 1.  program: its name; is kept, not copied.  Any other SIGBUS ends
 * it as before.
 */
void reco_fault_install(const char *program);

#endif /* RECO_FAULT_H */
