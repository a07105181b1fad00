// What Swift cannot see of OpenSSL 3.0: function-like macros, computed constants, typed stacks, and the callbacks that
// must be C functions. Everything else is called directly.
#ifndef POSTERN_COPENSSL_SHIM_H
#define POSTERN_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// Start-up

// NO_ATEXIT: OPENSSL_cleanup at exit() would run under event loops that still work, and crash them.
static inline int copenssl_initialize(void) {
    return OPENSSL_init_ssl(
        OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
}

// Errors

static inline int copenssl_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int copenssl_error_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int copenssl_error_flag_has_text(int flags) { return (flags & ERR_TXT_STRING) != 0; }

// Pass phrases: OpenSSL's own callback prompts on the terminal, which would block a service.

typedef struct {
    const char *text;
    size_t length;
    int was_asked;
} copenssl_pass_phrase;

static inline int copenssl_give_pass_phrase(char *buffer, int size, int writing, void *context) {
    (void)writing;
    copenssl_pass_phrase *phrase = (copenssl_pass_phrase *)context;
    if (phrase == NULL) return -1;
    phrase->was_asked = 1;
    if (phrase->text == NULL || size < 0 || phrase->length > (size_t)size) return -1;
    memcpy(buffer, phrase->text, phrase->length);
    return (int)phrase->length;
}

static inline EVP_PKEY *copenssl_read_private_key(BIO *bio, copenssl_pass_phrase *phrase) {
    return PEM_read_bio_PrivateKey(bio, NULL, copenssl_give_pass_phrase, phrase);
}

static inline X509 *copenssl_read_certificate(BIO *bio) {
    return PEM_read_bio_X509(bio, NULL, copenssl_give_pass_phrase, NULL);
}

// Contexts

static inline int copenssl_ctx_configure(SSL_CTX *context) {
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return (int)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

// Takes a reference of its own to the certificate.
static inline int copenssl_ctx_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

// For tests: a peer that speaks nothing newer than this.
static inline int copenssl_ctx_limit_version(SSL_CTX *context, int highest) {
    return (int)SSL_CTX_set_max_proto_version(context, highest);
}

// Connections

// The first certificate that failed verification; the peer's chain is not kept after a failure.
typedef struct {
    int code;
    int depth;
    char subject[256];
} copenssl_verify_failure;

static inline int copenssl_record_verify_failure(int is_good, X509_STORE_CTX *store) {
    if (is_good) return is_good;
    SSL *ssl = (SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    copenssl_verify_failure *failure = ssl ? (copenssl_verify_failure *)SSL_get_app_data(ssl) : NULL;
    if (failure != NULL && failure->code == X509_V_OK) {
        X509 *certificate = X509_STORE_CTX_get_current_cert(store);
        failure->code = X509_STORE_CTX_get_error(store);
        failure->depth = X509_STORE_CTX_get_error_depth(store);
        if (certificate != NULL)
            X509_NAME_oneline(
                X509_get_subject_name(certificate), failure->subject, (int)sizeof(failure->subject));
    }
    return is_good;
}

static inline void copenssl_verify_peer(SSL *ssl, copenssl_verify_failure *failure) {
    SSL_set_app_data(ssl, failure);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, copenssl_record_verify_failure);
}

static inline int copenssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// An empty memory BIO means "come back later", not end of file.
static inline BIO *copenssl_new_memory_bio(void) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio != NULL) BIO_set_mem_eof_return(bio, -1);
    return bio;
}

// Certificates

static inline int copenssl_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

// As RFC 2253 writes it, letters beyond ASCII kept.
static inline int copenssl_print_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0;
}

static inline EVP_PKEY *copenssl_generate_rsa(unsigned int bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *copenssl_generate_p256(void) { return EVP_EC_gen("P-256"); }

#endif
