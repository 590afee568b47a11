/*
 * Root's recoctl works as the user whom the shop's folder belongs to: what it makes
 * there the trainer can read and remove, and nothing that somebody put there leads
 * it elsewhere.
 */

#ifndef RECO_OWNER_H
#define RECO_OWNER_H

/*
 * Becomes the owner of path or, as long as it is not there, of the folder above,
 * where this is root and they are not.  Returns RECO_CLI_OK, or the exit status after
 * a message.
 */
int reco_cli_become_owner(const char *name, const char *path);

#endif /* RECO_OWNER_H */
