// Asks each client about each password, and prints what they say: one JSON object.
//
// Arguments: the folder of the packages, the address of a server, passwords.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, address, ...passwords] = process.argv.slice(1);
const require = createRequire(`${folder}/node_modules/`);
const { pwnedPassword } = await import(pathToFileURL(require.resolve('hibp')));
const { zxcvbnOptions } = require('@zxcvbn-ts/core');
const { matcherPwnedFactory } = require('@zxcvbn-ts/matcher-pwned');

const inHibp = async (password, addPadding) => {
  try {
    return await pwnedPassword(password, { baseUrl: address, addPadding });
  } catch {
    return 'error';
  }
};
// Where nobody answers, it matches nothing.
const { Matching } = matcherPwnedFactory(fetch, zxcvbnOptions, { url: `${address}/range/` });
const inZxcvbn = async (password) => (await new Matching().match({ password })).map((match) => match.pwnedAmount);

const all = async (ask) => {
  const told = [];
  for (const password of passwords) told.push(await ask(password));
  return told;
};
console.log(
  JSON.stringify({
    hibp: await all((password) => inHibp(password, false)),
    'hibp padded': await all((password) => inHibp(password, true)),
    zxcvbn: await all(inZxcvbn),
  }),
);
