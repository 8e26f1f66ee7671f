package dev.purser.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the PEM files (RFC 7468) that tools write: certificates, and private keys in PKCS#8, PKCS#1
/// (RSA) and SEC1 (EC). Text around the blocks, other blocks and any line ends are passed over.
///
/// The JDK reads keys in PKCS#8 only. The other forms are the same key without the header that names
/// its algorithm, so that header is put before them:
///
///     PrivateKeyInfo ::= SEQUENCE { version INTEGER 0, algorithm AlgorithmIdentifier, key OCTET STRING }
///
/// PKCS#1 is RSA's. The curve of a key in SEC1 is taken from the certificate that it belongs to.
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

  /// Headers of RFC 1421, such as `DEK-Info: ...`, before an empty line.
  private static final Pattern HEADERS =
      Pattern.compile("\\A\\s*([A-Za-z0-9-]+: [^\\r\\n]*\\R)+\\s*");

  private static final List<String> CERTIFICATES =
      List.of("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE");

  /// Files larger than this are no keys and no certificates.
  private static final int MOST_BYTES = 1 << 20;

  private static final byte SEQUENCE = 0x30;
  private static final byte OCTET_STRING = 0x04;
  private static final byte[] VERSION = {0x02, 0x01, 0x00};

  /// AlgorithmIdentifier { rsaEncryption (1.2.840.113549.1.1.1), NULL }
  private static final byte[] RSA = {
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    (byte) 0x86,
    0x48,
    (byte) 0x86,
    (byte) 0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  };

  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

  private Pem() {}

  private record Block(String label, String text) {
    boolean isPrivateKey() {
      return label.endsWith("PRIVATE KEY");
    }

    boolean isEncrypted() {
      return label.startsWith("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED");
    }

    byte[] bytes(Path file) throws UnusableTls {
      try {
        return Base64.getMimeDecoder().decode(HEADERS.matcher(text).replaceFirst(""));
      } catch (IllegalArgumentException e) {
        throw new UnusableTls(file + " has a block " + label + " that is not Base64", e);
      }
    }
  }

  /// All certificates of `file`, in its order.
  static List<X509Certificate> certificates(Path file) throws UnusableTls {
    List<X509Certificate> found = new ArrayList<>();
    for (Block block : blocks(file)) {
      if (CERTIFICATES.contains(block.label)) {
        found.add(certificate(file, block.bytes(file)));
      }
    }
    if (found.isEmpty()) {
      throw new UnusableTls(file + " holds no certificate in PEM", null);
    }
    return found;
  }

  private static X509Certificate certificate(Path file, byte[] der) throws UnusableTls {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new UnusableTls(file + " holds a certificate that cannot be read", e);
    }
  }

  /// The first private key of `file`.
  ///
  /// @param owner public key of the certificate that it belongs to
  static PrivateKey privateKey(Path file, PublicKey owner) throws UnusableTls {
    Block block =
        blocks(file).stream()
            .filter(Block::isPrivateKey)
            .findFirst()
            .orElseThrow(() -> new UnusableTls(file + " holds no private key in PEM", null));
    if (block.isEncrypted()) {
      throw new UnusableTls(
          file
              + " holds an encrypted key: write it without a password, with openssl pkey -in "
              + file
              + " -out plain.pem",
          null);
    }
    if (block.label.startsWith("EC ") && !owner.getAlgorithm().equals("EC")) {
      throw new UnusableTls(
          file + " holds an EC key, and the key of the certificate is " + owner.getAlgorithm(),
          null);
    }
    byte[] der = block.bytes(file);
    PKCS8EncodedKeySpec spec =
        new PKCS8EncodedKeySpec(
            switch (block.label) {
              case "RSA PRIVATE KEY" -> pkcs8(RSA, der);
              case "EC PRIVATE KEY" -> pkcs8(algorithm(owner), der);
              default -> der;
            });
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException _) {
        // of another algorithm
      }
    }
    throw new UnusableTls(
        file
            + " holds a block "
            + block.label
            + " that is no key of RSA, of EdDSA, or of EC on the curves P-256, P-384 and P-521",
        null);
  }

  private static List<Block> blocks(Path file) throws UnusableTls {
    String text;
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new UnusableTls(file + " is too large for a file of keys or certificates", null);
      }
      text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new UnusableTls(file + " does not exist", e);
    } catch (IOException e) {
      throw new UnusableTls(file + " cannot be read (" + e + ")", e);
    }
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      blocks.add(new Block(matcher.group(1), matcher.group(2)));
    }
    return blocks;
  }

  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return der(SEQUENCE, VERSION, algorithm, der(OCTET_STRING, key));
  }

  /// The AlgorithmIdentifier of a public key: the first member of the sequence that it is encoded
  /// as.
  private static byte[] algorithm(PublicKey key) {
    byte[] info = key.getEncoded();
    int start = headerBytes(info, 0);
    return Arrays.copyOfRange(info, start, start + headerBytes(info, start) + length(info, start));
  }

  /// Tag and length of the value at `at`.
  private static int headerBytes(byte[] der, int at) {
    return der[at + 1] >= 0 ? 2 : 2 + (der[at + 1] & 0x7f);
  }

  private static int length(byte[] der, int at) {
    if (der[at + 1] >= 0) {
      return der[at + 1];
    }
    int length = 0;
    for (int i = 2; i < headerBytes(der, at); i++) {
      length = (length << 8) | (der[at + i] & 0xff);
    }
    return length;
  }

  private static byte[] der(byte tag, byte[]... contents) {
    int length = Arrays.stream(contents).mapToInt(c -> c.length).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 5);
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else {
      int bytes = (Integer.SIZE - Integer.numberOfLeadingZeros(length) + 7) / 8;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(length >> (8 * i));
      }
    }
    for (byte[] content : contents) {
      out.writeBytes(content);
    }
    return out.toByteArray();
  }
}
