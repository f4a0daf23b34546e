import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAMILIES } from '../../src/journal/redaction-rules.ts';

/** What secrets are written with: their names and marks, and what stands around a value. */
const NAMES =
  'token,password,passwd,passphrase,client_secret,clientsecret,x-secret,secret_id,secretid,secret-key,secretkey,' +
  'private_key,privatekey,api-key,apikey,encryption_key,unseal_key,unsealkey,recovery_key,signing_key,signingkey,' +
  'masterkey,secret_access_key,client-key-data,client-certificate-data,key-data,.dockerconfigjson,' +
  'CSRFPreventionToken,DB_PASSWORD,API_KEY,APIKEY,ACCESS_KEY,PRIVATE_KEY,CREDENTIALS,keys,keys_base64,' +
  'unseal_keys_b64,recovery_keys_hex,Authorization,X-Vault-Token,x-consul-token,x-api-key,Cookie';
const MARKS =
  'hvs.,hvb.,hvr.,s.,b.,r.,eyJ,PVEAPIToken=,PVEAuthCookie=,PVE:root@pam:0123ABCD::,AKIA,ASIA,AROA,ghp_,ghs_,' +
  'github_pat_,glpat-,xoxb-,AGE-SECRET-KEY-1,LS0tLS1CRUdJTi,-----BEGIN RSA PRIVATE KEY-----,' +
  '-----END PRIVATE KEY-----,https://,https://user:,@host,Unseal Key 1:,Recovery Key 2:,Initial Root Token:,operator unseal';
const BETWEEN = [
  '=:"\',{}[] \t\n'.split(''),
  String.raw`\" \\" \n -- ": " "," "name":" "value":" ","value":" \":\" :{`.split(' '),
  [': ', ': {', '": "', '" , "', '- ', '\u001B[0m'],
].flat();
const bits = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.constantFrom('{"name":"DB_PASSWORD","value":"', 'https://user:', 'secret@host'),
  },
  { weight: 3, arbitrary: fc.constantFrom(...NAMES.split(',')) },
  { weight: 2, arbitrary: fc.constantFrom(...MARKS.split(',')) },
  { weight: 4, arbitrary: fc.constantFrom(...BETWEEN) },
  { weight: 3, arbitrary: fc.stringMatching(/^[A-Za-z0-9+/=_.-]{1,40}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Z0-9]{16,40}$/) },
);
const text = fc.array(bits, { minLength: 1, maxLength: 9 }).map((it) => it.join(''));

describe.for(FAMILIES.map((it) => [it.needles.map(String).join(' or ').slice(0, 60), it] as const))(
  '%s',
  ([, { needles, forms }]) => {
    test('no form of it is without a needle', () => {
      let seen = 0;
      fc.assert(
        fc.property(text, (it) => {
          if (forms.every((form) => form(it).length === 0)) return;
          seen += 1;
          expect(needles.some((needle) => needle.test(it))).toBe(true);
        }),
        { numRuns: 3000 },
      );
      // A check of nothing would pass as well.
      expect(seen).toBeGreaterThan(10);
    });
  },
);
