import type { Answer } from './service';

/**
 * GitHub's device flow (RFC 8628), by which VS Code signs in to an enterprise server: it shows a code, the person
 * enters that on the server's own page, and VS Code is given a token. As GitHub answers it: an error has status 200.
 */
export class DeviceSignIn {
  static readonly userCode = 'WDJB-MJHT';
  /** Where the person is sent. Not to this service: who opens links there would be led through VS Code's server. */
  static readonly page = 'https://github.com/login/device';
  private static readonly deviceCode = 'emulated-device';
  private approved = false;

  constructor(private readonly token: string) {}

  /** The person has entered the code. */
  approve(): void {
    this.approved = true;
  }

  begin(): Answer {
    const { userCode, deviceCode, page } = DeviceSignIn;
    return {
      status: 200,
      body: {
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: page,
        expires_in: 900,
        interval: 1,
      },
    };
  }

  poll(query: URLSearchParams): Answer {
    if (query.get('device_code') !== DeviceSignIn.deviceCode) {
      return refusal('incorrect_device_code');
    }
    return this.approved
      ? { status: 200, body: { access_token: this.token, token_type: 'bearer', scope: '' } }
      : refusal('authorization_pending');
  }
}

function refusal(error: string): Answer {
  return { status: 200, body: { error, error_description: error.replaceAll('_', ' ') } };
}
