//! The verifiable oblivious pseudorandom function: RFC 9497, mode VOPRF, ristretto255-SHA512.
//!
//! Bytes in and bytes out, so that nothing else has to know the library that computes. What it draws by chance comes from the
//! operating system, once a call.

use std::fmt;

use mizumori_core::Secret;
use rand_core::{CryptoRng, RngCore};
use voprf::{BlindedElement, EvaluationElement, Group, Proof, Ristretto255, VoprfClient, VoprfServer};

use crate::error::{GuardError, Result};
use crate::hex;

/// Bytes of an element.
pub(super) const ELEMENT: usize = 32;
/// Bytes of a proof.
pub(super) const PROOF: usize = 64;
/// Bytes of what a key is derived from.
pub(super) const SEED: usize = 32;
/// Bytes that the function gives.
const OUTPUT: usize = 64;

/// The key that a server announces, and that a client pins.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; ELEMENT]);

impl PublicKey {
    /// Reads 64 hexadecimal digits; `None` where they are no key.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = hex::read(text)?;
        Ristretto255::deserialize_elem(&bytes).ok().map(|_| Self(bytes))
    }

    /// The key that these bytes are to be; whether they are one is seen where it is used.
    pub(super) const fn of_bytes(bytes: [u8; ELEMENT]) -> Self {
        Self(bytes)
    }

    pub(super) const fn bytes(&self) -> &[u8; ELEMENT] {
        &self.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::text(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The server's side.
pub(super) struct Server(VoprfServer<Ristretto255>);

impl Server {
    /// DeriveKeyPair of RFC 9497, section 3.2.1.
    pub(super) fn derive(seed: &Secret<[u8; SEED]>, info: &[u8]) -> Result<Self> {
        // One seed in 2^252 has no key; then another one has to be drawn.
        let server = VoprfServer::new_from_seed(seed.expose(), info);
        server.map(Self).map_err(|_| GuardError::Request("no key can be made of this seed".to_owned()))
    }

    /// What clients check proofs with.
    pub(super) fn public_key(&self) -> PublicKey {
        PublicKey(Ristretto255::serialize_elem(self.0.get_public_key()).into())
    }

    /// The function itself, for inputs that the server knows.
    pub(super) fn evaluate(&self, input: &[u8]) -> Result<[u8; OUTPUT]> {
        let output = self.0.evaluate(input);
        output.map(Into::into).map_err(|_| GuardError::Request("this input has no output".to_owned()))
    }

    /// The function of what a client blinded, and the proof that the key was the announced one; `None` where the bytes are no
    /// element.
    pub(super) fn answer(&self, blinded: &[u8]) -> Result<Option<([u8; ELEMENT], [u8; PROOF])>> {
        Ok(self.answer_by(&mut Chance::draw()?, blinded))
    }

    fn answer_by<R: RngCore + CryptoRng>(
        &self,
        chance: &mut R,
        blinded: &[u8],
    ) -> Option<([u8; ELEMENT], [u8; PROOF])> {
        let blinded = BlindedElement::deserialize(blinded).ok()?;
        let answer = self.0.blind_evaluate(chance, &blinded);
        Some((answer.message.serialize().into(), answer.proof.serialize().into()))
    }
}

/// The client's side, between question and answer.
pub(super) struct Client {
    input: Secret<Vec<u8>>,
    state: VoprfClient<Ristretto255>,
    blinded: [u8; ELEMENT],
}

impl Client {
    /// Blinds an input.
    pub(super) fn blind(input: Secret<Vec<u8>>) -> Result<Self> {
        Self::blind_by(&mut Chance::draw()?, input)
    }

    fn blind_by<R: RngCore + CryptoRng>(chance: &mut R, input: Secret<Vec<u8>>) -> Result<Self> {
        let blinded = VoprfClient::blind(input.expose(), chance);
        let blinded = blinded.map_err(|_| GuardError::Request("this input has no output".to_owned()))?;
        Ok(Self { input, state: blinded.state, blinded: blinded.message.serialize().into() })
    }

    /// What the server gets: nothing can be learned from it.
    pub(super) const fn blinded(&self) -> &[u8; ELEMENT] {
        &self.blinded
    }

    /// The function of the input; `None` when the proof does not hold, or the bytes are no answer.
    pub(super) fn finish(&self, evaluated: &[u8], proof: &[u8], key: &PublicKey) -> Option<[u8; OUTPUT]> {
        let evaluated = EvaluationElement::deserialize(evaluated).ok()?;
        let proof = Proof::deserialize(proof).ok()?;
        let key = Ristretto255::deserialize_elem(key.bytes()).ok()?;
        let output = self.state.finalize(self.input.expose(), &evaluated, &proof, key);
        output.map(Into::into).ok()
    }
}

/// Random bytes, stretched from 32 of the operating system: the library cannot be told that there are none.
struct Chance(blake3::OutputReader);

impl Chance {
    fn draw() -> Result<Self> {
        let seed: [u8; 32] = super::drawn()?;
        Ok(Self(blake3::Hasher::new_keyed(&seed).finalize_xof()))
    }
}

impl RngCore for Chance {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Chance {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one scalar: that is what the test vectors say was drawn.
    struct Told([u8; 32]);

    impl RngCore for Told {
        fn next_u32(&mut self) -> u32 {
            unreachable!("a scalar is drawn as bytes")
        }

        fn next_u64(&mut self) -> u64 {
            unreachable!("a scalar is drawn as bytes")
        }

        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            // Twice as many bytes, the lowest first, that are reduced modulo the order.
            bytes.fill(0);
            bytes[..32].copy_from_slice(&self.0);
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> std::result::Result<(), rand_core::Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    impl CryptoRng for Told {}

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::read(text).unwrap()
    }

    fn secret(bytes: &[u8]) -> Secret<Vec<u8>> {
        Secret::new(bytes.to_vec())
    }

    /// RFC 9497, A.1.2: `Seed`, `KeyInfo`, `pkSm`.
    fn server_of_the_rfc() -> Server {
        let server = Server::derive(&Secret::new([0xA3; 32]), b"test key").unwrap();
        let key = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";
        assert_eq!(server.public_key().to_string(), key);
        assert_eq!(PublicKey::parse(key), Some(server.public_key()));
        server
    }

    /// RFC 9497, A.1.2.1 and A.1.2.2; the third vector is of two inputs with one proof, which nobody here asks for.
    #[test]
    fn the_vectors_of_the_rfc() {
        const BLIND: &str = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";
        const DRAWN: &str = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e";
        let server = server_of_the_rfc();
        for (input, blinded, evaluated, proof, output) in [
            (
                &[0][..],
                "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
                "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
                "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
                "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
            ),
            (
                &[0x5A; 17],
                "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
                "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
                "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
                "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
            ),
        ] {
            let client = Client::blind_by(&mut Told(bytes(BLIND)), secret(input)).unwrap();
            assert_eq!(hex::text(client.blinded()), blinded);
            let (element, drawn) = server.answer_by(&mut Told(bytes(DRAWN)), client.blinded()).unwrap();
            assert_eq!((hex::text(&element).as_str(), hex::text(&drawn).as_str()), (evaluated, proof));
            let found = client.finish(&element, &drawn, &server.public_key()).unwrap();
            assert_eq!(hex::text(&found), output);
            assert_eq!(
                server.evaluate(input).unwrap(),
                found,
                "the server knows the same without the client"
            );
        }
    }

    #[test]
    fn another_key_and_other_bytes_are_refused() {
        let (server, other) = (server_of_the_rfc(), Server::derive(&Secret::new([7; 32]), b"").unwrap());
        let client = Client::blind(secret(b"x")).unwrap();
        let (element, proof) = server.answer(client.blinded()).unwrap().unwrap();
        assert_eq!(
            client.finish(&element, &proof, &server.public_key()),
            Some(server.evaluate(b"x").unwrap())
        );
        assert!(client.finish(&element, &proof, &other.public_key()).is_none());
        let (strange, strange_proof) = other.answer(client.blinded()).unwrap().unwrap();
        assert!(client.finish(&strange, &strange_proof, &server.public_key()).is_none());
        assert!(client.finish(&strange, &proof, &server.public_key()).is_none());
        assert!(client.finish(&element, &proof[1..], &server.public_key()).is_none());
        // The identity, what is no element, and nothing.
        for blinded in [&[0; 32][..], &[0xFF; 32], &[], client.blinded().get(..31).unwrap()] {
            assert!(server.answer(blinded).unwrap().is_none());
        }
        assert_eq!(PublicKey::parse(&"00".repeat(32)), None, "the identity is no key");
    }

    #[test]
    fn no_two_questions_are_alike() {
        let blinded = || *Client::blind(secret(b"x")).unwrap().blinded();
        assert_ne!(blinded(), blinded());
    }
}
